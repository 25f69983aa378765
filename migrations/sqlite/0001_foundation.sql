-- Only INTEGER/BIGINT, DOUBLE PRECISION, TEXT and BLOB: one query layer reads both databases.
-- Times are milliseconds since 1970 UTC, yes and no are 1 and 0, JSON is TEXT, what is sealed is BLOB.

create table users (
    id integer primary key autoincrement,
    email text not null unique,
    name text not null,
    role text not null,
    -- Empty: nobody can log in as this user.
    password_hash text not null,
    -- The key of this person's files, wrapped by the master key.
    data_key blob not null,
    created_at bigint not null
);

create table sessions (
    -- SHA-256 of the token.
    id text primary key,
    user_id bigint not null references users (id) on delete cascade,
    csrf text not null,
    created_at bigint not null,
    expires_at bigint not null
);
create index sessions_user on sessions (user_id);

create table throttles (
    name text primary key,
    window_started bigint not null,
    attempts bigint not null
);

create table apps (
    id integer primary key autoincrement,
    slug text not null unique,
    author_id bigint not null references users (id),
    -- Name, description, category and search text are those of the published release.
    name text not null,
    description text not null,
    category text not null,
    search_text text not null,
    published_release bigint,
    created_at bigint not null,
    updated_at bigint not null
);
create index apps_author on apps (author_id);

create table releases (
    id integer primary key autoincrement,
    app_id bigint not null references apps (id),
    version text not null,
    status text not null,
    digest text not null,
    manifest text not null,
    template text,
    readme text,
    icon blob,
    icon_type text,
    faults text not null,
    warnings text not null,
    publish_when_proven bigint not null,
    created_at bigint not null,
    published_at bigint
);
create index releases_app on releases (app_id);
create unique index releases_version on releases (app_id, version) where status <> 'rejected';

create table runs (
    id text primary key,
    user_id bigint not null references users (id),
    release_id bigint not null references releases (id),
    status text not null,
    inputs blob not null,
    outcome blob,
    created_at bigint not null,
    started_at bigint,
    finished_at bigint
);
create index runs_user on runs (user_id, created_at);

create table blobs (
    id text primary key,
    user_id bigint not null references users (id),
    -- Null while a form is being filled in, and once the run is deleted: the janitor removes such files.
    run_id text references runs (id) on delete set null,
    role text not null,
    name text not null,
    media_type text not null,
    size bigint not null,
    stored bigint not null,
    created_at bigint not null
);
create index blobs_run on blobs (run_id);

create table jobs (
    id integer primary key autoincrement,
    kind text not null,
    subject text not null,
    run_at bigint not null,
    attempts bigint not null,
    lease_until bigint,
    node text,
    created_at bigint not null
);
create unique index jobs_subject on jobs (kind, subject);
create index jobs_due on jobs (kind, run_at, id);

create table runners (
    id integer primary key autoincrement,
    name text not null,
    base_url text not null unique,
    -- Wrapped by the master key.
    token blob,
    embedded bigint not null,
    enabled bigint not null,
    -- Whether it understands what goes beyond the protocol's table; null until it was asked.
    extended bigint,
    last_seen_at bigint,
    last_error text,
    created_at bigint not null
);

create table publications (
    runner_id bigint not null references runners (id) on delete cascade,
    release_id bigint not null references releases (id) on delete cascade,
    published_at bigint not null,
    primary key (runner_id, release_id)
);

create table signing_keys (
    number bigint primary key,
    -- Wrapped by the master key.
    secret blob not null,
    created_at bigint not null
);
