-- A row: something was deleted, and its words may still be in the index' old segments or in the WAL.
create table untidy(one integer primary key check(one = 1)) strict;
