-- Who sees an app: 'public', 'unlisted' (whoever knows its address) or 'private' (its author, and who was given its link).
alter table apps add column visibility text not null default 'public';
-- Counts the links that were given out: with a new one, all before it are dead. The link itself is made of the master key.
alter table apps add column share_generation bigint not null default 0;

-- People who opened the link of a private app.
create table app_guests (
    app_id bigint not null references apps (id) on delete cascade,
    user_id bigint not null references users (id) on delete cascade,
    -- That of the link.
    generation bigint not null,
    created_at bigint not null,
    primary key (app_id, user_id)
);
create index app_guests_user on app_guests (user_id);

-- Two releases of an app, side by side: so many of a hundred people get the second one.
create table experiments (
    id integer primary key autoincrement,
    app_id bigint not null references apps (id) on delete cascade,
    first_release bigint not null references releases (id) on delete cascade,
    second_release bigint not null references releases (id) on delete cascade,
    percent bigint not null,
    started_at bigint not null,
    ended_at bigint,
    winner bigint
);
create unique index experiments_under_way on experiments (app_id) where ended_at is null;
create index experiments_app on experiments (app_id, started_at);
create index experiments_second on experiments (second_release);

-- Runs with which an author tests a release: what was expected, and the same inputs on the release that is published.
create table trials (
    id integer primary key autoincrement,
    release_id bigint not null references releases (id) on delete cascade,
    user_id bigint not null references users (id) on delete cascade,
    name text not null,
    -- JSON: result variables by name; empty if nothing is expected.
    expected text not null,
    tolerance double precision not null,
    run_id text not null references runs (id) on delete cascade,
    baseline_release bigint,
    baseline_run text references runs (id) on delete set null,
    created_at bigint not null
);
create index trials_release on trials (release_id, user_id);
create index trials_run on trials (run_id);
create index trials_baseline on trials (baseline_run);

-- The kind of a failure, such as 'deadline': an app's author may know it of everybody's runs; the words stay sealed.
alter table runs add column failure text;
create index if not exists runs_release on runs (release_id, created_at);
