-- Models of the catalogue on their way to become apps.
create table installs (
    id integer primary key autoincrement,
    entry text not null,
    -- The app will be theirs.
    user_id bigint not null references users (id),
    status text not null,
    publish_when_proven bigint not null,
    fetched bigint not null,
    error text,
    release_id bigint,
    created_at bigint not null
);
create unique index installs_under_way on installs (entry) where status = 'fetching';
