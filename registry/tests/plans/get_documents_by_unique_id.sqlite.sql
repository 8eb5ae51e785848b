BEGIN;

SELECT `object`.`object_key`, `object`.`status`, `object`.`last_update_time`, `object`.`record`, `moved`.`patient_no`, `moved`.`other_no`, `moved`.`source_patient_id`
  FROM (`object` LEFT OUTER JOIN `moved` ON (`moved`.`object_key` = `object`.`object_key`))
  WHERE ((`object`.`unique_id` = ?) AND (`object`.`kind` = ?))
  ORDER BY `object`.`object_key` ASC;
-- SEARCH object USING INDEX object_unique_id (unique_id=?)
-- SEARCH moved USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN

SELECT `patient`.`surviving_no`
  FROM `patient`
  WHERE (`patient`.`patient_no` = ?);
-- SEARCH patient USING INTEGER PRIMARY KEY (rowid=?)

SELECT `patient`.`cx`
  FROM `patient`
  WHERE (`patient`.`patient_no` = ?);
-- SEARCH patient USING INTEGER PRIMARY KEY (rowid=?)

ROLLBACK;
