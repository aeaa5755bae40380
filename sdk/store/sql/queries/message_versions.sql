-- Every version of a message's text, from the log. ?1 message.
select position as pos, stream_kind, stream, rev, seq, type, actor, command_id, subject, at, payload from log
where subject = ?1 and type in ('message_posted', 'message_edited') and payload <> '' order by position
