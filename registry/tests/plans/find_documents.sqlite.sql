BEGIN;

SELECT `patient`.`patient_no`, `patient`.`next_seq`
  FROM `patient`
  WHERE (`patient`.`cx` = ?)
  LIMIT ?;
-- SEARCH patient USING INDEX sqlite_autoindex_patient_1 (cx=?)

SELECT `resolution`.`surviving_no`
  FROM `resolution`
  WHERE (`resolution`.`subsumed_no` = ?)
  LIMIT ?;
-- SEARCH resolution USING INDEX sqlite_autoindex_resolution_1 (subsumed_no=?)

SELECT `resolution`.`subsumed_no`
  FROM `resolution`
  WHERE (`resolution`.`surviving_no` = ?)
  ORDER BY `resolution`.`subsumed_no` ASC;
-- SEARCH resolution USING INDEX resolution_surviving (surviving_no=?)
-- USE TEMP B-TREE FOR ORDER BY

SELECT `object`.`object_key`, `object`.`status`, `object`.`last_update_time`, `object`.`record`
  FROM `object`
  WHERE (((`object`.`object_key` >= ?) AND (`object`.`object_key` < ?)) AND (`object`.`kind` = ?))
  ORDER BY `object`.`object_key` ASC;
-- SEARCH object USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)

ROLLBACK;
