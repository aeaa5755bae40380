select id, name, created_by, created_at from workspaces where (?1 is null or id = ?1)
  and (?2 is null or id = (select workspace_id from chats where id = ?2)) order by id
