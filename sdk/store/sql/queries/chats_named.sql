-- My chats by name. ?1 me, ?2 name.
select c.* from members m join chats c on c.id = m.chat_id where m.user_id = ?1 and m.state = 0 and fold(c.name) = fold(?2) limit 20
