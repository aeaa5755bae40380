-- Channels to browse: a workspace has many more chats than those. Neither column of a chat ever changes, so that a post costs nothing here.
create index chats_public on chats(workspace_id, id) where kind = 3;
drop index if exists chats_workspace;
