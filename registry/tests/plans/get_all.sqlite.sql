BEGIN;

SELECT `patient`.`patient_no`, `patient`.`version`
  FROM (`patient` INNER JOIN `patient` AS `survivor` ON (`patient`.`surviving_no` = `survivor`.`patient_no`))
  WHERE (`survivor`.`cx` = ?)
  ORDER BY `patient`.`patient_no` ASC;
-- SEARCH survivor USING COVERING INDEX sqlite_autoindex_patient_1 (cx=?)
-- SEARCH patient USING INDEX patient_surviving (surviving_no=?)

SELECT `object`.`object_key`, `object`.`status`, `object`.`last_update_time`, `object`.`record`, `moved`.`patient_no`, `moved`.`other_no`, `moved`.`source_patient_id`
  FROM (`object` LEFT OUTER JOIN `moved` ON (`moved`.`object_key` = `object`.`object_key`))
  WHERE ((`object`.`object_key` >= ?) AND (`object`.`object_key` < ?))
  ORDER BY `object`.`object_key` ASC;
-- SEARCH object USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)
-- SEARCH moved USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN

SELECT `object`.`object_key`, `object`.`status`, `object`.`last_update_time`, `object`.`record`, `moved`.`patient_no`, `moved`.`other_no`, `moved`.`source_patient_id`
  FROM (`object` LEFT OUTER JOIN `moved` ON (`moved`.`object_key` = `object`.`object_key`))
  WHERE (`moved`.`patient_no` = ?)
  ORDER BY `object`.`object_key` ASC;
-- SEARCH moved USING INDEX moved_patient (patient_no=?)
-- SEARCH object USING INTEGER PRIMARY KEY (rowid=?)
-- USE TEMP B-TREE FOR ORDER BY

SELECT `object`.`object_key`, `object`.`status`, `object`.`last_update_time`, `object`.`record`, `moved`.`patient_no`, `moved`.`other_no`, `moved`.`source_patient_id`
  FROM (`object` LEFT OUTER JOIN `moved` ON (`moved`.`object_key` = `object`.`object_key`))
  WHERE (`object`.`target` = ?)
  ORDER BY `object`.`object_key` ASC;
-- SEARCH object USING INDEX object_target (target=?)
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
