-- Finding apps: what lists are ordered and narrowed by, what a search looks at, who ran what, and what people say.
-- Every figure that a page shows is a column kept up to date where it changes, never a count over runs.

-- Whether the app stands in lists: the one condition of every list. Only Store::relist decides it.
alter table apps add column listed bigint not null default 0;
-- When it first stood there.
alter table apps add column listed_at bigint not null default 0;
-- The name without case and accents: what lists are ordered by, and what a misspelt search is held against.
alter table apps add column name_key text not null default '';
-- Which version of the word index it was put into; 0: none.
alter table apps add column indexed bigint not null default 0;
alter table apps add column runs_total bigint not null default 0;
alter table apps add column people_total bigint not null default 0;
-- People who ran it in the last 30 days.
alter table apps add column people_month bigint not null default 0;
alter table apps add column last_run_at bigint not null default 0;
-- When people_month and app_pairs were last counted anew.
alter table apps add column counted_at bigint not null default 0;
alter table apps add column stars_1 bigint not null default 0;
alter table apps add column stars_2 bigint not null default 0;
alter table apps add column stars_3 bigint not null default 0;
alter table apps add column stars_4 bigint not null default 0;
alter table apps add column stars_5 bigint not null default 0;
alter table apps add column rating_count bigint not null default 0;
alter table apps add column rating_avg double precision not null default 0;
-- The average, drawn towards the middle while there are few ratings; 0 without any.
alter table apps add column rating_rank double precision not null default 0;

create index apps_popular on apps (listed, people_month desc, id desc);
create index apps_rated on apps (listed, rating_rank desc, id desc);
create index apps_newest on apps (listed, listed_at desc, id desc);
create index apps_named on apps (listed, name_key, id);
create index apps_popular_on_shelf on apps (listed, category, people_month desc, id desc);
create index apps_rated_on_shelf on apps (listed, category, rating_rank desc, id desc);
create index apps_newest_on_shelf on apps (listed, category, listed_at desc, id desc);
create index apps_named_on_shelf on apps (listed, category, name_key, id);
create index apps_listed_of_author on apps (listed, author_id, people_month desc, id desc);
create index apps_counted on apps (listed, counted_at);
create index apps_published on apps (published_release);
create index apps_indexed on apps (indexed, id);

-- Shelves with how many apps stand on each.
create table categories (
    name text primary key,
    apps bigint not null
);
create index categories_by_apps on categories (apps desc, name);

-- The words of listed apps, folded already; the rowid is the app's id.
create virtual table app_words using fts5 (name, words, tokenize = 'unicode61', prefix = '2 3');

-- Every three letters in a row of the words of a name.
create table app_grams (
    gram text not null,
    app_id bigint not null references apps (id) on delete cascade,
    primary key (gram, app_id)
);
create index app_grams_app on app_grams (app_id);

-- Who ran an app to a good end, its author left out. It outlives the runs, whose files and answers it knows nothing of.
create table app_people (
    app_id bigint not null references apps (id) on delete cascade,
    user_id bigint not null references users (id) on delete cascade,
    runs bigint not null,
    last_at bigint not null,
    primary key (app_id, user_id)
);
create index app_people_recent on app_people (app_id, last_at desc);
create index app_people_of on app_people (user_id, last_at desc);

-- How long the last good runs took: a ring of places, written round and round.
create table app_times (
    app_id bigint not null references apps (id) on delete cascade,
    place bigint not null,
    milliseconds bigint not null,
    primary key (app_id, place)
);

-- Which apps are run by the same people, and how much so.
create table app_pairs (
    app_id bigint not null references apps (id) on delete cascade,
    other_id bigint not null,
    weight double precision not null,
    primary key (app_id, other_id)
);

create table favourites (
    user_id bigint not null references users (id) on delete cascade,
    app_id bigint not null references apps (id) on delete cascade,
    created_at bigint not null,
    primary key (user_id, app_id)
);
create index favourites_newest on favourites (user_id, created_at desc);
create index favourites_app on favourites (app_id);

create table reviews (
    id integer primary key autoincrement,
    app_id bigint not null references apps (id) on delete cascade,
    user_id bigint not null references users (id) on delete cascade,
    stars bigint not null,
    words text not null,
    created_at bigint not null,
    updated_at bigint not null,
    -- The author's.
    reply text,
    replied_at bigint
);
create unique index reviews_one_each on reviews (app_id, user_id);
create index reviews_newest on reviews (app_id, updated_at desc, id desc);
create index reviews_of on reviews (user_id);

-- What people think is wrong with an app. Undecided until somebody of the house has looked.
create table reports (
    id integer primary key autoincrement,
    app_id bigint not null references apps (id) on delete cascade,
    user_id bigint not null references users (id) on delete cascade,
    reason text not null,
    words text not null,
    created_at bigint not null,
    decided_at bigint,
    decided_by bigint references users (id),
    decision text
);
create unique index reports_open on reports (app_id, user_id) where decided_at is null;
create index reports_app on reports (app_id);
create index reports_of on reports (user_id);
create index reports_undecided on reports (created_at, id) where decided_at is null;

-- What is swept up now and then, and looked for at the start.
create index throttles_window on throttles (window_started);
create index releases_awaiting on releases (id) where publish_when_proven = 1 and status = 'draft';

-- What is there already. The word index is filled when the portal starts.
update apps set listed = 1, listed_at = coalesce(
    (select min(r.published_at) from releases r where r.app_id = apps.id and r.published_at is not null), created_at)
where published_release is not null;
insert into categories (name, apps)
    select category, count(*) from apps where listed = 1 and category <> '' group by category;
insert into app_people (app_id, user_id, runs, last_at)
    select l.app_id, r.user_id, count(*), max(coalesce(r.finished_at, r.created_at)) from runs r
    join releases l on l.id = r.release_id join apps a on a.id = l.app_id
    where r.status = 'done' and r.user_id <> a.author_id group by l.app_id, r.user_id;
update apps set
    runs_total = coalesce((select sum(p.runs) from app_people p where p.app_id = apps.id), 0),
    people_total = (select count(*) from app_people p where p.app_id = apps.id),
    last_run_at = coalesce((select max(p.last_at) from app_people p where p.app_id = apps.id), 0)
where id in (select app_id from app_people);
