-- What a release's author says of it: Markdown, asked when it is published.
alter table releases add column notes text not null default '';
-- Why people should no longer use it; null while they may.
alter table releases add column deprecated text;
