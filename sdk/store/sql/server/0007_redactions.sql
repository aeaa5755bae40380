-- What a deletion empties. Reactions say nothing of what the message said, and there may be any number of them.
create index log_texts on log(subject) where subject is not null and type not in ('reaction_added', 'reaction_removed');
drop index if exists log_subject;
