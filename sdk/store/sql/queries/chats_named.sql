-- My chats by name; a direct chat of two has that of the other. ?1 me, ?2 name.
select c.* from members m join chats c on c.id = m.chat_id
where m.user_id = ?1 and m.state = 0 and
  (fold(c.name) = fold(?2) or c.kind = 0 and c.name = '' and c.member_count = 2 and exists (
    select 1 from members o join users u on u.id = o.user_id where o.chat_id = c.id and o.user_id <> ?1 and fold(u.name) = fold(?2)))
limit 20
