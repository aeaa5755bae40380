-- My chats, newest activity first. ?1 user, ?2 workspace or null, ?3 ?4 last_at and id of the page before or null, ?5 limit.
select c.id, c.last_at
from members m
join chats c on c.id = m.chat_id
join workspace_members w on w.workspace_id = c.workspace_id and w.user_id = m.user_id and w.state = 0
where m.user_id = ?1 and m.state = 0 and (?2 is null or c.workspace_id = ?2) and (?3 is null or (c.last_at, c.id) < (?3, ?4))
order by c.last_at desc, c.id desc limit ?5
