select r.chat_id, r.message_id, r.user_id, r.emoji from reactions r join chats c on c.id = r.chat_id join messages m on m.id = r.message_id
  where r."on" and not m.deleted and (?1 is null or c.workspace_id = ?1) and (?2 is null or r.chat_id = ?2) order by r.message_id, r.user_id, r.emoji
