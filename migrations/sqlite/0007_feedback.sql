-- What people say of their runs. Comment and correction are sealed under the person's key; verdict and label are counted.
create table feedback (
    run_id text primary key references runs (id) on delete cascade,
    user_id bigint not null references users (id) on delete cascade,
    app_id bigint not null references apps (id) on delete cascade,
    release_id bigint not null references releases (id) on delete cascade,
    verdict text not null,
    -- The right label, if that is what the correction says; otherwise empty.
    label text not null,
    body blob not null,
    -- Whether the author may use the photo: 1 from consented_at until it is withdrawn.
    consent bigint not null,
    consented_at bigint,
    created_at bigint not null,
    updated_at bigint not null
);
create index feedback_app on feedback (app_id, created_at, run_id);
create index feedback_app_verdict on feedback (app_id, verdict, created_at, run_id);
create index feedback_release on feedback (release_id, created_at, run_id);
create index feedback_release_verdict on feedback (release_id, verdict, created_at, run_id);
create index feedback_consented on feedback (app_id, created_at, run_id) where consent = 1;
create index feedback_person on feedback (user_id, consent, consented_at, run_id);

-- Counted by the triggers below, so that whatever deletes a run, or a person, leaves the counts right.
create table feedback_days (
    release_id bigint not null references releases (id) on delete cascade,
    -- Days since 1970.
    day bigint not null,
    verdict text not null,
    total bigint not null,
    primary key (release_id, day, verdict)
);
create table feedback_labels (
    release_id bigint not null references releases (id) on delete cascade,
    label text not null,
    total bigint not null,
    primary key (release_id, label)
);
create index feedback_labels_most on feedback_labels (release_id, total);

create trigger feedback_added after insert on feedback begin
    insert into feedback_days (release_id, day, verdict, total)
        values (new.release_id, new.created_at / 86400000, new.verdict, 1)
        on conflict (release_id, day, verdict) do update set total = total + 1;
    insert into feedback_labels (release_id, label, total)
        select new.release_id, new.label, 1 where new.label <> ''
        on conflict (release_id, label) do update set total = total + 1;
end;
create trigger feedback_gone after delete on feedback begin
    update feedback_days set total = total - 1
        where release_id = old.release_id and day = old.created_at / 86400000 and verdict = old.verdict;
    update feedback_labels set total = total - 1 where release_id = old.release_id and label = old.label;
    delete from feedback_labels where release_id = old.release_id and label = old.label and total <= 0;
end;
create trigger feedback_changed after update of verdict, label on feedback begin
    update feedback_days set total = total - 1
        where release_id = old.release_id and day = old.created_at / 86400000 and verdict = old.verdict;
    insert into feedback_days (release_id, day, verdict, total)
        values (new.release_id, new.created_at / 86400000, new.verdict, 1)
        on conflict (release_id, day, verdict) do update set total = total + 1;
    update feedback_labels set total = total - 1 where release_id = old.release_id and label = old.label;
    delete from feedback_labels where release_id = old.release_id and label = old.label and total <= 0;
    insert into feedback_labels (release_id, label, total)
        select new.release_id, new.label, 1 where new.label <> ''
        on conflict (release_id, label) do update set total = total + 1;
end;

-- How runs ended, how long they took and what they were like: counted as each run ends, by day ('d') and by hour ('h').
create table figures (
    release_id bigint not null references releases (id) on delete cascade,
    span text not null,
    -- Days or hours since 1970.
    at bigint not null,
    name text not null,
    total bigint not null,
    primary key (release_id, span, at, name)
) without rowid;
create index figures_old on figures (span, at);
-- Who ran a release on a day: a person is counted once.
create table figure_people (
    release_id bigint not null references releases (id) on delete cascade,
    day bigint not null,
    user_id bigint not null references users (id) on delete cascade,
    primary key (release_id, day, user_id)
) without rowid;
create index figure_people_user on figure_people (user_id);
create index figure_people_old on figure_people (day);
-- Lines that an author wants to be told of when they are crossed.
create table figure_lines (
    app_id bigint primary key references apps (id) on delete cascade,
    failures_percent bigint,
    slow_ms bigint,
    updated_at bigint not null
);
create table figure_alerts (
    id integer primary key autoincrement,
    app_id bigint not null references apps (id) on delete cascade,
    kind text not null,
    measured double precision not null,
    line bigint not null,
    runs bigint not null,
    raised_at bigint not null,
    seen_at bigint
);
create index figure_alerts_app on figure_alerts (app_id, kind, raised_at);
