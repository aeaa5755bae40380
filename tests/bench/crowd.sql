-- People and chats of a full server, as signing up and joining would have left them. temp.people(number, id, session) and
-- temp.rooms(number, id) are given, and one workspace of its own people. Everybody is in one of 50 rooms of each of 200 groups, so
-- that in none of them they are with the same neighbours; a room of 10,000 has 190 members when there are 9,500 people.
insert into users select id, 'Person ' || number, 0, 0, 1 from temp.people;
insert into sessions select session, id, 'bench', 0, 0, 1 << 50, 0, '', '', 0 from temp.people;
insert into workspace_members select w.id, p.id, 2, 0, 0, 1, 1 from temp.people p, workspaces w order by 1, 2;
update workspaces set member_count = member_count + (select count(*) from temp.people);
create temp table seats as
  with recursive groups(number) as (select 0 union all select number + 1 from groups where number < 199)
  select r.id as chat, p.id as person
  from temp.people p, groups g join temp.rooms r on r.number = g.number * 50 + (p.number * 7919 + g.number * 104729 + p.number * g.number / 50) % 50;
insert into members select chat, person, 2, 0, 1, 0, 1, 1 from temp.seats order by chat, person;
insert into chats
  select r.id, w.id, 2, 'room-' || r.number, '', 0, 0, (select count(*) from members m where m.chat_id = r.id), 0, 0, 1, 1, 0, w.created_by, 0, ''
  from temp.rooms r, workspaces w;
