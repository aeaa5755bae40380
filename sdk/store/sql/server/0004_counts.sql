-- What is counted before there is more of it: the chats of a person, the open invites of a workspace.
create index members_active on members(user_id) where state = 0;
create index invites_workspace on invites(workspace_id, expires_at);
