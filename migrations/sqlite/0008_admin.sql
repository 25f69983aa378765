-- People: found by how their name or address begins, suspended with a reason, ended.
alter table users add column name_key text not null default '';
update users set name_key = lower(name);
alter table users add column suspended_at bigint;
alter table users add column suspended_reason text;
-- Set once a person has ended the account; the row stays for what it is the author of, and says nothing of them.
alter table users add column ended_at bigint;
create index users_name on users (name_key);
create index users_role on users (role, id);

-- Where a person is logged in, so that they recognise it.
alter table sessions add column device text not null default '';
alter table sessions add column address text not null default '';
alter table sessions add column seen_at bigint;
create index sessions_expiry on sessions (expires_at);

-- Taken down by a reviewer.
alter table apps add column suspended_at bigint;
alter table apps add column suspended_reason text;
-- Place among the featured apps; null: not featured.
alter table apps add column featured bigint;
create index apps_featured on apps (featured) where featured is not null;
create index apps_suspended on apps (suspended_at) where suspended_at is not null;
create index apps_category on apps (category);

-- What a runner is, as its operator says.
alter table runners add column engine text not null default '';
alter table runners add column compute_class text not null default '';
-- Hundredths of the currency unit.
alter table runners add column cost_per_hour bigint;

-- What the site is set to; a name without a row has its default.
create table site_settings (
    name text primary key,
    value text not null,
    changed_at bigint not null
);

-- Shelves in their order, and the other names that authors give them.
create table category_places (
    name text primary key,
    position bigint not null
);
create table category_aliases (
    alias text primary key,
    name text not null
);
create index category_aliases_name on category_aliases (name);

-- People who ask to publish.
create table author_requests (
    id integer primary key autoincrement,
    user_id bigint not null references users (id) on delete cascade,
    words text not null,
    created_at bigint not null,
    decided_at bigint,
    decided_by bigint,
    granted bigint,
    reason text
);
create unique index author_requests_open on author_requests (user_id) where decided_at is null;
create index author_requests_waiting on author_requests (id) where decided_at is null;
create index author_requests_user on author_requests (user_id, id);

-- Releases that wait for a reviewer, and what was decided.
create table release_reviews (
    id integer primary key autoincrement,
    release_id bigint not null references releases (id) on delete cascade,
    asked_at bigint not null,
    decided_at bigint,
    decided_by bigint,
    approved bigint,
    reason text
);
create unique index release_reviews_open on release_reviews (release_id) where decided_at is null;
create index release_reviews_waiting on release_reviews (id) where decided_at is null;
create index release_reviews_release on release_reviews (release_id, id);

create table invitations (
    id integer primary key autoincrement,
    -- SHA-256 of what stands in the link.
    digest text not null unique,
    note text not null,
    made_by bigint not null,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint
);
create index invitations_expiry on invitations (expires_at);

create table password_resets (
    user_id bigint primary key references users (id) on delete cascade,
    -- SHA-256 of what stands in the link.
    digest text not null unique,
    expires_at bigint not null
);

-- What people did by virtue of a role. Rows are added and never changed.
create table audit (
    id integer primary key autoincrement,
    at bigint not null,
    -- Null: whoever sat at the machine.
    actor_id bigint,
    act text not null,
    -- Which kind of thing, and which one.
    subject_kind text not null,
    subject text not null,
    detail text not null,
    address text not null
);
create index audit_at on audit (at, id);
create index audit_actor on audit (actor_id, at, id);
create index audit_act on audit (act, at, id);
create index audit_subject on audit (subject_kind, subject, at, id);
create trigger audit_stays before update on audit begin
    select raise(abort, 'the audit log is append-only');
end;
create trigger audit_stays_whole before delete on audit begin
    select raise(abort, 'the audit log is append-only');
end;
