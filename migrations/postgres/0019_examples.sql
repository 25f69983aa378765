-- The examples of a published release, each with a run of the house's own whose result everybody sees.
create table examples (
    release_id bigint not null references releases (id) on delete cascade,
    -- From 1, in the order of their names.
    position bigint not null,
    name text not null,
    run_id text references runs (id) on delete set null,
    primary key (release_id, position)
);
create index examples_run on examples (run_id);

-- How many examples there are; null until somebody has looked.
alter table releases add column examples bigint;
create index releases_unlooked on releases (id) where status = 'published' and examples is null;
