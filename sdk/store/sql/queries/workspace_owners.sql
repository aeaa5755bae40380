-- Every workspace once for each of its owners.
select w.id, w.name, m.user_id, coalesce(c.email, '') as email from workspaces w
  join workspace_members m on m.workspace_id = w.id and m.role = 0 and m.state = 0 left join credentials c on c.user_id = m.user_id
  order by w.id, m.joined_at, m.user_id
