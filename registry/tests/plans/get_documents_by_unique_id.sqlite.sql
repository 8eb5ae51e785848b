BEGIN;

SELECT `object`.`object_key`, `object`.`status`, `object`.`last_update_time`, `object`.`record`
  FROM `object`
  WHERE ((`object`.`unique_id` = ?) AND (`object`.`kind` = ?))
  ORDER BY `object`.`object_key` ASC;
-- SEARCH object USING INDEX object_unique_id (unique_id=?)

SELECT `patient`.`surviving_no`
  FROM `patient`
  WHERE (`patient`.`patient_no` = ?)
  LIMIT ?;
-- SEARCH patient USING INTEGER PRIMARY KEY (rowid=?)

SELECT `patient`.`cx`
  FROM `patient`
  WHERE (`patient`.`patient_no` = ?)
  LIMIT ?;
-- SEARCH patient USING INTEGER PRIMARY KEY (rowid=?)

ROLLBACK;
