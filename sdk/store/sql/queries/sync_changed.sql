-- All changed chats by ascending id, also those that were left. ?1 user, ?2 base, ?3 after this chat, ?4 limit.
select c.id, case when m.state = 0 and w.state = 0 then 0 else 1 end as "left"
from members m
join chats c on c.id = m.chat_id
join workspace_members w on w.workspace_id = c.workspace_id and w.user_id = m.user_id
left join read_marks r on r.user_id = m.user_id and r.chat_id = m.chat_id
where m.user_id = ?1 and m.chat_id > ?3
  and case when m.state = 0 and w.state = 0 then c.head_pos > ?2 or m.pos > ?2 or w.pos > ?2 or coalesce(r.pos, 0) > ?2
           else ?2 > 0 and (m.pos > ?2 or w.pos > ?2) end
order by m.chat_id limit ?4
