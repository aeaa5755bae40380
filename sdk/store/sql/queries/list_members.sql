-- ?1 chat, ?2 after this user, ?3 limit.
select m.user_id, u.name, m.role, m.joined_at, m.rev
from members m join users u on u.id = m.user_id join chats c on c.id = m.chat_id
join workspace_members w on w.workspace_id = c.workspace_id and w.user_id = m.user_id and w.state = 0
where m.chat_id = ?1 and m.state = 0 and m.user_id > ?2 order by m.user_id limit ?3
