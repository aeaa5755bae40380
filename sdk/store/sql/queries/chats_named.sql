-- My chats by their names, twenty of each. ?1 me, ?2 the names, folded, as a JSON list.
select * from (
  select c.*, row_number() over (partition by fold(c.name) order by c.id) as place from members m join chats c on c.id = m.chat_id
  where m.user_id = ?1 and m.state = 0 and fold(c.name) in (select value from json_each(?2)))
where place <= 20
