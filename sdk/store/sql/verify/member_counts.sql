select 'chats: ' || lower(hex(c.id)) || ' says ' || c.member_count || ' members and ' || c.owner_count || ' owners, and has ' || n.members || ' and ' || n.owners
  from main.chats c join (select chat_id, sum(state = 0) as members, sum(state = 0 and role = 0) as owners from main.members group by chat_id) n
  on n.chat_id = c.id where c.member_count <> n.members or c.owner_count <> n.owners
union all
select 'workspaces: ' || lower(hex(w.id)) || ' says ' || w.member_count || ' members and ' || w.owner_count || ' owners, and has ' || n.members || ' and ' || n.owners
  from main.workspaces w join (select workspace_id, sum(state = 0) as members, sum(state = 0 and role = 0) as owners
  from main.workspace_members group by workspace_id) n on n.workspace_id = w.id where w.member_count <> n.members or w.owner_count <> n.owners;
