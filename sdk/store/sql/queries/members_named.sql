-- People of a chat by name, ASCII case ignored. ?1 chat, ?2 name.
select u.* from members m join users u on u.id = m.user_id where m.chat_id = ?1 and m.state = 0 and lower(u.name) = lower(?2) limit 5
