-- A chat's events after a rev; of messages that this member may not see only the frame. ?1 chat, ?2 after_rev, ?3 visible_from, ?4 limit.
select l.position as pos, l.stream_kind, l.stream, l.rev, l.seq, l.type, l.actor, l.command_id, l.subject, l.at,
  case when coalesce(s.seq, l.seq, 0) > 0 and coalesce(s.seq, l.seq) < ?3 then '{}' else l.payload end as payload
from log l left join messages s on s.id = l.subject
where l.stream = ?1 and l.rev > ?2 and likely(l.rev > 0)  -- what the index has: a parameter says nothing of that
order by l.rev limit ?4
