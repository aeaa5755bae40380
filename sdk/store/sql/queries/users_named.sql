-- People I share a workspace with, by name. ?1 me, ?2 name.
select distinct u.* from workspace_members a join workspace_members b on b.workspace_id = a.workspace_id join users u on u.id = b.user_id
where a.user_id = ?1 and a.state = 0 and fold(u.name) = fold(?2) limit 20
