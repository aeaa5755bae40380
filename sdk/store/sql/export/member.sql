select m.chat_id, m.user_id, m.role, m.state, m.visible_from, m.joined_at, coalesce(r.read_seq, 0) as read_seq from members m
  join chats c on c.id = m.chat_id left join read_marks r on r.user_id = m.user_id and r.chat_id = m.chat_id
  where (?1 is null or c.workspace_id = ?1) and (?2 is null or m.chat_id = ?2) order by m.chat_id, m.user_id
