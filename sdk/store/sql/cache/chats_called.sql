-- Held chats by what they are called, in lower case: a direct chat by its other person.
select id from chats where lower(name) = ?1
union
select s.chat_id from users u join chat_sync s on s.peer_id = u.id join chats c on c.id = s.chat_id and c.kind = 0 where lower(u.name) = ?1
