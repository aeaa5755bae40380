-- My chats by their names, twenty of each; a direct chat of two has the other's. ?1 me, ?2 the names, folded, as a JSON list.
select id, name from (
  select id, name, row_number() over (partition by fold(name) order by id) as place from (
    select c.id, iif(c.kind = 0 and c.name = '' and c.member_count = 2, u.name, c.name) as name from members m join chats c on c.id = m.chat_id
    left join members o on c.kind = 0 and c.member_count = 2 and o.chat_id = c.id and o.user_id <> ?1 left join users u on u.id = o.user_id
    where m.user_id = ?1 and m.state = 0)
  where fold(name) in (select value from json_each(?2)))
where place <= 20
