-- One chat as this member sees it. ?1 user, ?2 chat.
select c.id, c.workspace_id, c.kind,
  case when c.kind = 0 and c.name = '' then coalesce((select group_concat(u.name, ', ') from members p join users u on u.id = p.user_id
    where p.chat_id = c.id and p.user_id <> m.user_id), '') else c.name end as name,
  c.topic, c.archived, c.history, m.role, c.head_seq, c.head_rev, coalesce(r.read_seq, 0) as read_seq, m.visible_from,
  max(0, c.head_seq - max(coalesce(r.read_seq, 0), m.visible_from - 1)) as unread,
  (select count(distinct x.seq) from mentions x where x.chat_id = c.id and x.user_id in (m.user_id, zeroblob(16)) and x.live = 1
    and x.seq > max(coalesce(r.read_seq, 0), m.visible_from - 1)) as mentions,
  c.member_count, c.created_by, c.created_at, c.last_at,
  case when c.kind = 0 and (select count(*) from members p where p.chat_id = c.id) = 2 then (select p.user_id from members p where p.chat_id = c.id and p.user_id <> m.user_id limit 1) end as peer_id
from members m
join chats c on c.id = m.chat_id
join workspace_members w on w.workspace_id = c.workspace_id and w.user_id = m.user_id and w.state = 0
left join read_marks r on r.user_id = m.user_id and r.chat_id = m.chat_id
where m.user_id = ?1 and m.chat_id = ?2 and m.state = 0
