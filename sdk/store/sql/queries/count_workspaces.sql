-- In how many workspaces somebody is. ?1 user, ?2 no need to count further.
select count(*) as n from (select 1 from workspace_members where user_id = ?1 and state = 0 limit ?2)
