-- Keys that programs present instead of a session: `Authorization: Bearer`.
create table api_keys (
    id integer primary key autoincrement,
    user_id bigint not null references users (id) on delete cascade,
    name text not null,
    -- SHA-256 of the key; the key itself is nowhere.
    digest text not null unique,
    -- How it begins, so that its owner recognises it.
    prefix text not null,
    -- Names of scopes with a blank between them.
    scopes text not null,
    created_at bigint not null,
    expires_at bigint,
    last_used_at bigint
);
create index api_keys_user on api_keys (user_id);
