-- My reactions to some messages of a chat. ?1 chat, ?2 user, ?3 the messages' seqs, as a JSON list.
select r.* from json_each(?3) s cross join messages m on m.chat_id = ?1 and m.seq = s.value
cross join reactions r on r.message_id = m.id and r.user_id = ?2 and r."on" = 1
