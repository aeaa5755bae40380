-- A chat's newest events below a rev, newest first; those after the base are cut off by the caller. ?1 chat, ?2 visible_from, ?3 limit, ?4 rev.
select l.position as pos, l.stream_kind, l.stream, l.rev, l.seq, l.type, l.actor, l.command_id, l.subject, l.at,
  case when coalesce(s.seq, l.seq, 0) > 0 and coalesce(s.seq, l.seq) < ?2 then '{}' else l.payload end as payload
from log l left join messages s on s.id = l.subject
where l.stream = ?1 and l.rev > 0 and l.rev < ?4
order by l.rev desc limit ?3
