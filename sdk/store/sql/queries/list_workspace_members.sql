-- ?1 workspace, ?2 after this user, ?3 limit.
select m.user_id, u.name, m.role, m.joined_at, m.rev, u.version as profile_version
from workspace_members m join users u on u.id = m.user_id
where m.workspace_id = ?1 and m.state = 0 and m.user_id > ?2 order by m.user_id limit ?3
