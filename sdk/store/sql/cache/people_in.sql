-- Whoever is in the workspace ?1 now, by name.
select u.* from workspace_members m join users u on u.id = m.user_id and u.state = 0 where m.workspace_id = ?1 and m.state = 0 order by u.name
