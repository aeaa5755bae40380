select id, workspace_id, kind, name, topic, archived, history, created_by, created_at from chats where (?1 is null or workspace_id = ?1)
  and (?2 is null or id = ?2) order by id
