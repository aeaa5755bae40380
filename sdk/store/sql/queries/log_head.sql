-- The newest entry of the log.
select position as pos, stream_kind, stream, rev, seq, type, actor, command_id, subject, at, '' as payload from log order by position desc limit 1
