-- The command id at a position: the check of a cursor. ?1 position.
select position as pos, stream_kind, stream, rev, seq, type, actor, command_id, subject, at, '' as payload from log where position = ?1
