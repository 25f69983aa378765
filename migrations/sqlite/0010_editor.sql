-- Apps that are being written in the browser. Each belongs to one author, and nobody else sees it.
create table drafts (
    id integer primary key autoincrement,
    user_id bigint not null references users (id) on delete cascade,
    -- The app that gets a new release; null for an app to be.
    app_id bigint references apps (id) on delete cascade,
    -- app.json as far as it is written: always an object, not always a manifest.
    manifest text not null,
    template text not null,
    readme text not null,
    notes text not null,
    -- The object that files without one of their own lie in: the zip that was uploaded last.
    archive text,
    -- The release that was last made of it.
    release_id bigint references releases (id) on delete set null,
    created_at bigint not null,
    updated_at bigint not null
);
create index drafts_user on drafts (user_id, updated_at);
create index drafts_app on drafts (app_id);

create table draft_files (
    draft_id bigint not null references drafts (id) on delete cascade,
    path text not null,
    size bigint not null,
    -- Null: the file lies in the draft's archive.
    object text,
    primary key (draft_id, path)
);

-- Large files on their way, piece by piece. How much has arrived is the length of the file itself.
create table uploads (
    id text primary key,
    draft_id bigint not null references drafts (id) on delete cascade,
    user_id bigint not null references users (id) on delete cascade,
    -- Where it goes in the package; empty for a whole zip.
    path text not null,
    name text not null,
    length bigint not null,
    created_at bigint not null
);
create index uploads_draft on uploads (draft_id);
create index uploads_created on uploads (created_at);

-- Objects of drafts that nothing refers to any more; the janitor removes them.
create table loose_objects (
    object text primary key,
    created_at bigint not null
);
create index loose_objects_created on loose_objects (created_at);
