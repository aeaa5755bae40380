-- Held chats by what they are called, in lower case: a direct chat by its other person.
select c.id from chats c
left join chat_sync s on s.chat_id = c.id
left join users u on u.id = s.peer_id and c.kind = 0
where lower(case when u.name <> '' then u.name else c.name end) = ?1
limit 2
