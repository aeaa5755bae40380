-- ?1 user, ?2 after this id, ?3 limit.
select w.id, w.name, m.role, w.member_count, w.head_rev, w.created_at
from workspace_members m join workspaces w on w.id = m.workspace_id
where m.user_id = ?1 and m.state = 0 and m.workspace_id > ?2 order by m.workspace_id limit ?3
