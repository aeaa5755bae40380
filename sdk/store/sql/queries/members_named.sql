-- People of a chat by name. ?1 chat, ?2 the name, folded.
select u.* from members m join users u on u.id = m.user_id where m.chat_id = ?1 and m.state = 0 and fold(u.name) = ?2 limit 5
