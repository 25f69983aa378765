-- How long a person's runs are kept, in milliseconds after they ended: null for ever, 0 not at all.
alter table users add column keep_ms bigint;
-- The same for one run; and from when on it is gone, once it has ended.
alter table runs add column keep_ms bigint;
alter table runs add column keep_until bigint;
-- Runs that were begun together have the same batch.
alter table runs add column batch text;
-- Null once the run counts no longer.
alter table runs add column app_id bigint;
update runs set app_id = (select l.app_id from releases l where l.id = runs.release_id);

create index runs_app on runs (user_id, app_id, created_at);
create index runs_status on runs (user_id, status, created_at);
create index runs_batch on runs (batch) where batch is not null;
create index runs_keep on runs (keep_until) where keep_until is not null;

-- How many runs of each app a person has: what the history counts by.
create table run_counts (
    user_id bigint not null references users (id) on delete cascade,
    app_id bigint not null references apps (id) on delete cascade,
    runs bigint not null,
    primary key (user_id, app_id)
);
insert into run_counts (user_id, app_id, runs)
    select user_id, app_id, count(*) from runs where app_id is not null group by user_id, app_id;
