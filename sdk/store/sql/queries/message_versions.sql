-- The versions of a message's text, from the log. ?1 message, ?2 after this rev, ?3 limit.
-- That no reaction is meant is said twice, because log_texts has everything else and the planner does not conclude it.
select position as pos, stream_kind, stream, rev, seq, type, actor, command_id, subject, at, payload from log
where subject = ?1 and type not in ('reaction_added', 'reaction_removed') and type in ('message_posted', 'message_edited') and payload <> '' and rev > ?2
order by position limit ?3
