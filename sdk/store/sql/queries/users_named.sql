-- People I share a workspace with, by their names, twenty of each. ?1 me, ?2 the names, folded, as a JSON list.
select * from (
  select u.*, row_number() over (partition by fold(u.name) order by u.id) as place from users u
  where u.id in (select b.user_id from workspace_members a join workspace_members b on b.workspace_id = a.workspace_id where a.user_id = ?1 and a.state = 0)
    and fold(u.name) in (select value from json_each(?2)))
where place <= 20
