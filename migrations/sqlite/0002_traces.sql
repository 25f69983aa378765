-- The W3C traceparent of the request that caused a job, where traces are recorded.
alter table jobs add column traceparent text;
