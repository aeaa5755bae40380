-- Somebody of a shared workspace. ?1 me, ?2 the other.
select u.* from users u where u.id = ?2 and (?1 = ?2 or exists(
  select 1 from workspace_members a join workspace_members b on b.workspace_id = a.workspace_id
  where a.user_id = ?1 and a.state = 0 and b.user_id = ?2 and b.state = 0))
