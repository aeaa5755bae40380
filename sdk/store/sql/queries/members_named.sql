-- People of a chat by their names, five of each. ?1 chat, ?2 the names, folded, as a JSON list.
select * from (
  select u.*, row_number() over (partition by fold(u.name) order by u.id) as place from members m join users u on u.id = m.user_id
  where m.chat_id = ?1 and m.state = 0 and fold(u.name) in (select value from json_each(?2)))
where place <= 5
