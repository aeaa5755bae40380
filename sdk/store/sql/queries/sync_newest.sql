-- The changed chats with the newest activity. ?1 user, ?2 base, ?3 limit.
select c.id, 0 as "left"
from members m
join chats c on c.id = m.chat_id
join workspace_members w on w.workspace_id = c.workspace_id and w.user_id = m.user_id and w.state = 0
left join read_marks r on r.user_id = m.user_id and r.chat_id = m.chat_id
where m.user_id = ?1 and m.state = 0 and (c.head_pos > ?2 or m.pos > ?2 or w.pos > ?2 or coalesce(r.pos, 0) > ?2)
order by c.last_at desc, c.id desc limit ?3
