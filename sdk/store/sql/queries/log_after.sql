-- The tail. ?1 position, ?2 limit.
select position as pos, stream_kind, stream, rev, seq, type, actor, command_id, subject, at, payload from log where position > ?1 order by position limit ?2
